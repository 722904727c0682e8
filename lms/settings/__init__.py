"""Settings by environment: `demo` (make run), `production`, `test`; all build on `base`."""
