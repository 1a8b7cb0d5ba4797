# terraform test, in terraform/irreplaceable: nothing is made, the providers are mocked.

mock_provider "aws" {
  mock_data "aws_caller_identity" {
    defaults = { account_id = "111111111111" }
  }

  mock_data "aws_iam_session_context" {
    defaults = { issuer_arn = "arn:aws:iam::111111111111:role/keeper" }
  }
}

mock_provider "aws" {
  alias = "cold"

  mock_data "aws_caller_identity" {
    defaults = { account_id = "222222222222" }
  }

  mock_data "aws_iam_session_context" {
    defaults = { issuer_arn = "arn:aws:iam::222222222222:role/keeper" }
  }
}

variables {
  name                  = "nhmuk"
  cold_account_role_arn = "arn:aws:iam::222222222222:role/keeper"
  hot_keeper_arns       = ["arn:aws:iam::111111111111:role/keeper"]
  cold_keeper_arns      = ["arn:aws:iam::222222222222:role/keeper"]
  stores = {
    hot = {
      bucket          = "nhmuk-hot"
      prefix          = ""
      region          = "eu-west-2"
      tier            = "hot"
      domain          = "aws-london"
      settle_days     = 7
      transition_days = 14
      retention_days  = 90
    }
    cold = {
      bucket          = "nhmuk-cold"
      prefix          = "archive/"
      region          = "eu-central-1"
      tier            = "cold"
      domain          = "aws-frankfurt"
      settle_days     = 7
      transition_days = 14
      retention_days  = 90
    }
  }
}

run "as_it_is_shipped" {
  command = plan

  assert {
    condition     = output.store_urls == { hot = "s3://nhmuk-hot", cold = "s3://nhmuk-cold/archive" }
    error_message = "The stores are not those of the settings."
  }
}

# Each run starts the providers anew: what is refused for different reasons is tried together.
run "one_region_and_one_keeper_of_both_are_refused" {
  command = plan

  variables {
    cold_keeper_arns = ["arn:aws:iam::222222222222:role/keeper", "arn:aws:iam::111111111111:role/keeper"]
    stores = {
      for name in ["hot", "cold"] : name => {
        bucket          = "nhmuk-${name}"
        prefix          = ""
        region          = "eu-west-2"
        tier            = name
        domain          = name
        settle_days     = 7
        transition_days = 14
        retention_days  = 90
      }
    }
  }

  expect_failures = [var.stores, var.cold_keeper_arns]
}

run "one_domain_and_whoever_could_not_change_it_again_are_refused" {
  command = plan

  variables {
    cold_account_role_arn = "arn:aws:iam::222222222222:role/terraform"
    stores = {
      for name, region in { hot = "eu-west-2", cold = "eu-central-1" } : name => {
        bucket                  = "nhmuk-${name}"
        prefix                  = ""
        region                  = region
        tier                    = name
        domain                  = "aws"
        settle_days             = 7
        transition_days         = 14
        retention_days          = 90
      }
    }
  }

  expect_failures = [var.stores, var.cold_account_role_arn]
}

run "sleep_before_it_has_settled_and_a_user_instead_of_a_role_are_refused" {
  command = plan

  variables {
    cold_account_role_arn = "terraform"
    cold_keeper_arns      = ["terraform"]
    stores = {
      for name, region in { hot = "eu-west-2", cold = "eu-central-1" } : name => {
        bucket                  = "nhmuk-${name}"
        prefix                  = ""
        region                  = region
        tier                    = name
        domain                  = name
        settle_days             = 7
        transition_days         = 7
        retention_days          = 90
      }
    }
  }

  expect_failures = [var.stores, var.cold_account_role_arn]
}
