"""From what people wrote to what will happen: pure, and the only room that knows both."""
