"""Tailrace: typed streaming pipelines, and log alerts by e-mail within seconds.

The names that a streamlet's author needs are exported here. Nothing inside the package imports this root.
"""
