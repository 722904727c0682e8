"""The ways out. Each is a small class behind one interface; settings say which one serves a channel."""
