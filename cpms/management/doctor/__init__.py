"""The checks of `manage.py doctor`: `findings` holds the rules, the others look."""
