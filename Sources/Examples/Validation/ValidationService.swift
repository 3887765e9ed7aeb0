import Katana

/// Whatever comes here has kept every rule; what does not was answered 400 before.
struct ValidationService: UserAPI {
  func registerUser(body: Registration, _ context: Context) -> RegisteredUser {
    RegisteredUser(email: body.email, age: body.age)
  }
}
