"""The published forms of the contract, generated: TypeScript, docs/wire.md, AsyncAPI."""
