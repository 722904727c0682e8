"""Make the stack's secrets on its first start, as files in one volume; those that exist are kept."""

import secrets
import sys
from pathlib import Path

FOLDER = Path(sys.argv[1] if len(sys.argv) > 1 else "/run/lms")


def keep(name: str, content: str) -> str:
    """Write the file unless it exists; return what it holds."""
    path = FOLDER / name
    if not path.exists():
        path.write_text(content)
        path.chmod(0o440)
        print(f"Made {name}")
    return path.read_text()


def main() -> None:
    keep("secret_key", secrets.token_urlsafe(60))
    password = keep("database_password", secrets.token_urlsafe(32))
    keep("database_url", f"postgres://lms:{password}@db:5432/lms")


if __name__ == "__main__":
    main()
