"""The services of one engine: who is there, who needs whom, who is well, who is still open."""

from homalos.registry.registry import Registry

__all__ = ["Registry"]
