"""Refrain for Python: workflows as WebAssembly components."""

__version__ = "0.1.0"
