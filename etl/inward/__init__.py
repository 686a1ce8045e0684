"""What the flows of several sources into Optiply share: needed products, lines, links, mappings of a tenant's own."""
