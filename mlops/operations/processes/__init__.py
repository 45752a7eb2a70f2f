"""Processes that run stages and own code: started, shut in, waited for, ended."""
