"""The content-addressed artefact that is served: manifest, transform, model, schema, golden rows."""
