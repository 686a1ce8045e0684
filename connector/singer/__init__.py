"""The only code that touches the Singer SDK's internals."""
