"""From a decision back to what it rests on."""
