"""What `benchmarks/learning.py` is made of: tables, contestants in environments of their own, what they are held to.

A contestant is a file that is asked twice, `python CONTESTANT fit FOLDER` and `python CONTESTANT ask FOLDER`, in
processes of their own: what answers has learnt nothing itself.
"""
