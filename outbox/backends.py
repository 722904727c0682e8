"""Mail back ends."""
