"""The groups of commands of `wholesale`: one file a group, found by its `register(app)`.

A module here imports only light things at its top; what is heavy it imports inside its commands.
"""
