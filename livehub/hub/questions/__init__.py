"""Questions to the host: asked by viewers, answered on air or in writing."""
