"""One self-contained page about one run: read from its reports, written without scripts, dates or outside requests."""
