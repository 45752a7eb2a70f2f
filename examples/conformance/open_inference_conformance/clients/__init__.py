"""What other people's clients and fuzzers make of a server; each file runs where that package is installed.

`python -m open_inference_conformance.clients.triton URL MODEL REQUEST.json`, and `kserve` and `fuzz` alike, print a
JSON list of what was tried, each with `check`, `said` (holds or fails) and `words`.
"""
