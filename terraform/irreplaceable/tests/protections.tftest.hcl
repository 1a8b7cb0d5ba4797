# terraform test, in terraform/irreplaceable: nothing is made, the providers are mocked.

mock_provider "aws" {}

mock_provider "aws" {
  alias = "cold"
}

variables {
  name                  = "nhmuk"
  cold_account_role_arn = "arn:aws:iam::222222222222:role/terraform"
  hot_keeper_arns       = ["arn:aws:iam::111111111111:role/keeper"]
  cold_keeper_arns      = ["arn:aws:iam::222222222222:role/keeper"]
}

run "as_it_is_shipped" {
  command = plan

  assert {
    condition     = output.store_urls.hot != output.store_urls.cold
    error_message = "The replicas share a bucket."
  }
}

run "one_region_is_refused" {
  command = plan

  variables {
    cold_region = "eu-west-2"
  }

  expect_failures = [var.cold_region]
}

run "one_keeper_of_both_is_refused" {
  command = plan

  variables {
    cold_keeper_arns = ["arn:aws:iam::111111111111:role/keeper"]
  }

  expect_failures = [var.cold_keeper_arns]
}

run "a_user_instead_of_a_role_is_refused" {
  command = plan

  variables {
    cold_account_role_arn = "terraform"
  }

  expect_failures = [var.cold_account_role_arn]
}
