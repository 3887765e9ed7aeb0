/// The security schemes that operations require, in one file.
struct SecuritySchemesText {
  private let schemes: [SecuritySchemeModel]

  init(_ schemes: [SecuritySchemeModel]) { self.schemes = schemes }

  func write(to text: inout SwiftText) {
    text.line()
    text.line("/// The ways in which clients show who they are. Register who judges each by its name:")
    text.line("/// `router.authenticate(\(swiftLiteral(schemes[0].key)), with: …)`.")
    text.block("public enum SecuritySchemes {") { text in
      for scheme in schemes {
        text.doc(scheme.documentation)
        text.line(
          "public static let \(SwiftName.escaped(scheme.name)) = "
            + "SecurityScheme(\(swiftLiteral(scheme.key)), \(scheme.kind))")
      }
    }
  }
}
