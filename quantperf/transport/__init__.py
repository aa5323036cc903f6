"""The only way to the network: requests as values, a policy that decides, and thin shells that send."""
