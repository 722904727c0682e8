"""The fault suite: real processes, real engines, faults while messages leave; see docs/faults.md."""
