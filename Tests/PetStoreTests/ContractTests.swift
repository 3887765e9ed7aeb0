import Katana
import KatanaTesting

@testable import PetStore

/// What the tests under Generated talk to: `katana gen tests` makes them of the example's contract, which has every
/// style of parameters.
let contractService = ContractService(secret: "secret") {
  var router = Router()
  router.register(pets: PetService(store: MemoryStore()))
  router.register(styles: StyleService())
  router.authenticate("apiKey", with: KeyAuthenticator(secret: "secret"))
  router.authenticate("bearer", with: TokenAuthenticator(secret: "secret"))
  return router
}
