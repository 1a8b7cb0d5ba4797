"""Where files can be deposited from: `folder`, `tarred`, `zipped`, `stored`; `opening` tells which it is."""
