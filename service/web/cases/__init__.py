"""Cases: the list, and one draft with its themes, ranked experts and proposed council."""
