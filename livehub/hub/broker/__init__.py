"""Publish and subscribe between processes, over Valkey or Redis."""
