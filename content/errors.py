"""What is wrong with a file, said so that its writer can put it right."""


class CourseFileError(Exception):
    """A file can't be read, imported or written; the message says where and what to do."""

    def __init__(self, path: object, line: int, message: str) -> None:
        super().__init__(f"{path}, line {line}: {message}" if line else f"{path}: {message}")
        self.path = str(path)
        self.line = line
        self.message = message
