import KatanaTesting

@testable import Products

/// What the tests under Generated talk to: `katana gen tests` makes them of the example's contract.
let contractService = ContractService { makeRouter(try! openDatabase(nil)) }
