"""The faults, each a function from a stack to rows of the table."""
