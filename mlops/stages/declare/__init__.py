"""What each stage is: its parameters and the keys they are made of, its inputs and outputs. One file a stage."""
