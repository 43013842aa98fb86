"""From files and assignments to a checked model, with every fault at its place.

Works with any schema class that it is given.
"""
