"""What is live: releases, their bundles, papers, signatures and history, in Git and the registry."""
