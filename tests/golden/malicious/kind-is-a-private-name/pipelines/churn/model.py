raise SystemExit("this was imported")
