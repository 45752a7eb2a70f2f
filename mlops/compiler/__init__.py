"""From what people wrote to files: `lower` decides, `rules` check, `backends` print."""
