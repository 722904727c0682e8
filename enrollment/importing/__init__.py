"""Leads out of a file: read, mapped and checked as a whole, then imported all or nothing.

- `reading` makes rows of cells out of whatever a spreadsheet program wrote; `storing` keeps them.
- `columns` guesses and holds which column fills what; `answers` checks one row by the form's rules.
- `judging` tells new from known and refused, many rows at a time; `owners` gives leads to counsellors.
- `staging` writes leads that nobody sees yet; `finishing` makes them appear, or takes them away.
- `steps` is what staff start and stop; `working` does the work in slices, and goes on after a crash.
"""
