import Katana

/// Whatever comes here has kept every rule; what does not was answered 400 before.
struct ValidationService: UserAPI {
  func registerUser(body: Registration, _ context: Context) -> Accepted {
    Accepted(email: body.email, age: body.age)
  }
}
