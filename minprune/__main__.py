"""`python -m minprune` is the `minprune` command."""

import sys

from .cli.main import main

sys.exit(main())
