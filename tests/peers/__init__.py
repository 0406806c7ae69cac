"""Live peers: credentials of software we did not write verify here, and ours verify there."""
