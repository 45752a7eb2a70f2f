"""Planning: what a change will do, compared with the last run or with a commit."""
