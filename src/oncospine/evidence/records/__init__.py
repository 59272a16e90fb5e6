"""Records of literature: import, export, normal forms."""
