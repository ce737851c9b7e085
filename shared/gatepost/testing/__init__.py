"""What a stranger needs to test an ERP or an upstream against Gatepost."""
