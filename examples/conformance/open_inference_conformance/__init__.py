"""A conformance suite for the Open Inference Protocol over REST, of whoever's server.

Every check names the sentence of the specification that it holds a server to. `specification` has its OpenAPI, with
defects repaired (`repairs.diff`), and is Apache 2.0 as its authors published it. It knows nothing of our own server.
"""
