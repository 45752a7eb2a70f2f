"""What may be asked for, one typed block of parameters per noun: configuration, stages and library share them."""
