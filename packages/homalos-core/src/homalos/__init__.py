"""Homalos: an event-driven trading framework, Chinese futures first.

The public names load on first use, so that `import homalos.model` brings no engine.
"""
