"""The views of the dashboard: each shows a part of the state and calls its methods, no more."""
