"""What people look at: pages and cards from values; the only room that renders HTML and Markdown."""
