"""Pictures: files decoded to pixels, and what is measured of them; for stages and server alike."""
