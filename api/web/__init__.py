"""The pages that people see: landing, verify, and a shared trail. HTML from templates, no JavaScript needed.

    pages       the routes                      language    Dutch and English, dates, who gets which
    assets      style, script, font, mark       rendering   templates, and the headers of a page
    sentences   a plain sentence for each check checks, cards, timeline, trail, result   pure view models
    contents    what a file says of itself      forms, refusals   what came in, and why it was not taken

Not here: any rule of the domain or of verification; pages never show another verdict than the report's.
"""
