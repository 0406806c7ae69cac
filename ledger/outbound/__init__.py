"""What goes out over the network, to addresses that the operator of a command or server chose himself.

Not here: addresses that strangers chose (in documents, DIDs, lists). Nothing of ours fetches those.
"""
