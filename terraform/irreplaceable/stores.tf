# Which file makes which store; `made_here` and `made` name every replica.

locals {
  made_here = ["hot", "cold"]
  made      = { hot = module.hot, cold = module.cold }

  tags = {
    for name, store in var.stores : name => {
      holdfast-store  = name
      holdfast-tier   = store.tier
      holdfast-domain = store.domain
    }
  }
}
