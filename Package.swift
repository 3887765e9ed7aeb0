// swift-tools-version: 6.2
import PackageDescription

func system(_ name: String, pkgConfig: String?, debian: String) -> Target {
  .systemLibrary(name: name, path: "Sources/System/\(name)", pkgConfig: pkgConfig, providers: [.apt([debian])])
}

/// A service made of its `openapi.yaml`, whose code lies beside it under Generated.
func example(_ name: String, _ more: Target.Dependency..., excluding files: [String] = []) -> Target {
  .executableTarget(
    name: name,
    dependencies: [
      "Katana", "KatanaCommand",
      .product(name: "ArgumentParser", package: "swift-argument-parser"),
      .product(name: "Logging", package: "swift-log"),
    ] + more,
    path: "Sources/Examples/\(name)",
    exclude: ["openapi.yaml"] + files
  )
}

let package = Package(
  name: "katana",
  products: [
    .library(name: "Katana", targets: ["Katana"]),
    .library(name: "KatanaCommand", targets: ["KatanaCommand"]),
    .library(name: "KatanaPostgres", targets: ["KatanaPostgres"]),
    .library(name: "KatanaSQL", targets: ["KatanaSQL"]),
    .library(name: "KatanaSQLite", targets: ["KatanaSQLite"]),
    .library(name: "KatanaTesting", targets: ["KatanaTesting"]),
    .plugin(name: "KatanaPlugin", targets: ["KatanaPlugin"]),
    .executable(name: "katana", targets: ["KatanaCLI"]),
    .executable(name: "products", targets: ["Products"]),
    .executable(name: "petstore", targets: ["PetStore"]),
    .executable(name: "compute", targets: ["Compute"]),
    .executable(name: "validation", targets: ["Validation"]),
    .executable(name: "raw", targets: ["Raw"]),
  ],
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
    .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
    .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.13.0"),
  ],
  targets: [
    .target(
      name: "CKatana",
      dependencies: [
        "CBrotliDecoder", "CBrotliEncoder", "CNGHTTP2", "CNUMA", "COpenSSL", "CURing", "CZlib", "CZstd",
      ],
      path: ".",
      exclude: ["csrc/pg"],
      sources: ["csrc"],
      publicHeadersPath: "include",
      cSettings: [.headerSearchPath("csrc"), .define("_GNU_SOURCE")]
    ),
    // A library of its own, so that services without PostgreSQL do not link libpq.
    .target(
      name: "CKatanaPostgres",
      dependencies: ["CKatana", "CPQ"],
      path: "csrc/pg",
      publicHeadersPath: ".",
      cSettings: [.headerSearchPath(".."), .define("_GNU_SOURCE")]
    ),
    system("CBrotliDecoder", pkgConfig: "libbrotlidec", debian: "libbrotli-dev"),
    system("CBrotliEncoder", pkgConfig: "libbrotlienc", debian: "libbrotli-dev"),
    system("CNGHTTP2", pkgConfig: "libnghttp2", debian: "libnghttp2-dev"),
    system("CNUMA", pkgConfig: "numa", debian: "libnuma-dev"),
    system("COpenSSL", pkgConfig: "openssl", debian: "libssl-dev"),
    system("CPCRE2", pkgConfig: "libpcre2-8", debian: "libpcre2-dev"),
    system("CPGQuery", pkgConfig: nil, debian: "libpg-query-dev"),
    system("CPQ", pkgConfig: "libpq", debian: "libpq-dev"),
    system("CSQLite", pkgConfig: "sqlite3", debian: "libsqlite3-dev"),
    system("CURing", pkgConfig: "liburing", debian: "liburing-dev"),
    system("CYAML", pkgConfig: "yaml-0.1", debian: "libyaml-dev"),
    system("CZlib", pkgConfig: "zlib", debian: "zlib1g-dev"),
    system("CZstd", pkgConfig: "libzstd", debian: "libzstd-dev"),
    .target(
      name: "Katana",
      dependencies: [
        "CKatana", "KatanaScalars",
        .product(name: "Logging", package: "swift-log"),
        .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
      ],
      swiftSettings: [.enableExperimentalFeature("Lifetimes")]
    ),
    .target(
      name: "KatanaSQL",
      dependencies: ["CKatana", "Katana", "KatanaScalars"],
      swiftSettings: [.enableExperimentalFeature("Lifetimes")]
    ),
    .target(name: "KatanaSQLiteDialect", dependencies: ["CSQLite", "KatanaScalars"]),
    .target(name: "KatanaSQLite", dependencies: ["CKatana", "CSQLite", "Katana", "KatanaSQL", "KatanaSQLiteDialect"]),
    .target(
      name: "KatanaPostgres",
      dependencies: ["CKatana", "CKatanaPostgres", "CPQ", "Katana", "KatanaSQL"]
    ),
    .target(name: "KatanaTesting", dependencies: ["Katana", .product(name: "Logging", package: "swift-log")]),
    .target(
      name: "KatanaCommand",
      dependencies: ["Katana", .product(name: "ArgumentParser", package: "swift-argument-parser")]
    ),
    .target(name: "KatanaScalars", dependencies: ["CPCRE2"]),
    .target(name: "KatanaContract", dependencies: ["CYAML", "KatanaScalars"]),
    .target(
      name: "KatanaQueries",
      dependencies: ["COpenSSL", "CPGQuery", "CPQ", "CSQLite", "KatanaContract", "KatanaSQLiteDialect"]
    ),
    .target(name: "KatanaCodegen", dependencies: ["KatanaContract", "KatanaScalars", "KatanaQueries"]),
    .executableTarget(
      name: "KatanaCLI",
      dependencies: [
        "KatanaCodegen", "KatanaCommand", "KatanaContract", "KatanaPostgres", "KatanaQueries", "KatanaSQL",
        "KatanaSQLite",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
      ]
    ),
    // What a build of somebody else's runs: it has to be built first, and knows no more than it must.
    .executableTarget(name: "KatanaPluginTool", dependencies: ["KatanaCodegen", "KatanaContract", "KatanaQueries"]),
    .plugin(
      name: "KatanaPlugin", capability: .buildTool(), dependencies: ["KatanaPluginTool"],
      path: "Sources/KatanaPlugin"),
    example("Products", "KatanaPostgres", "KatanaSQL", "KatanaSQLite", excluding: ["db"]),
    example("PetStore"),
    example("Compute"),
    example("Validation"),
    .executableTarget(
      name: "Raw",
      dependencies: [
        "Katana", "KatanaCommand",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
        .product(name: "Logging", package: "swift-log"),
      ],
      path: "Sources/Examples/Raw"
    ),
    // The micro-benchmark of a generated API: bench/micro/README.md.
    .target(
      name: "CApiBench",
      dependencies: ["CKatana"],
      path: "bench/micro/api/wire",
      cSettings: [.headerSearchPath("../.."), .headerSearchPath("../../../../csrc"), .define("_GNU_SOURCE")]
    ),
    .executableTarget(
      name: "api_bench",
      dependencies: ["Katana", "CApiBench", .product(name: "Logging", package: "swift-log")],
      path: "bench/micro/api",
      exclude: ["openapi.yaml", "wire"]
    ),
    .executableTarget(
      name: "pg_service",
      dependencies: [
        "Katana", "KatanaCommand", "KatanaPostgres", "KatanaSQL",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
        .product(name: "Logging", package: "swift-log"),
      ],
      path: "bench/pg/service",
      exclude: ["db", "openapi.yaml"]
    ),
    .executableTarget(
      name: "json_bench",
      dependencies: ["CKatana", "Katana"],
      path: "bench/micro/json",
      exclude: ["users.yaml"]
    ),
    .testTarget(
      name: "KatanaCodegenTests",
      dependencies: ["Katana", "GoldenSchemas", "KatanaCodegen", "KatanaContract", "KatanaQueries", "KatanaTesting"],
      exclude: [
        "Golden/bodies", "Golden/names", "Golden/operations", "Golden/schemas", "Golden/sizes", "Golden/split", "Shop", "Every",
        "Golden/unsupported", "Golden/modes", "Golden/views", "Golden/everything/openapi.yaml",
        "Golden/everything/expected.txt", "Odd",
      ]
    ),
    .target(name: "GoldenSchemas", dependencies: ["Katana"], path: "Tests/KatanaCodegenTests/Golden/schemas/expected"),
    // The tests of a golden contract, and a service that they talk to.
    .testTarget(
      name: "GoldenSchemasTests", dependencies: ["Katana", "KatanaTesting", "GoldenSchemas"],
      path: "Tests/KatanaCodegenTests/Golden/schemas", exclude: ["expected", "expected.txt", "openapi.yaml"],
      sources: ["tests", "service"]),
    // The repositories of golden SQL, which tests run on real databases.
    .target(
      name: "GoldenSQL", dependencies: ["Katana", "KatanaSQL"], path: "Tests/KatanaCodegenTests/Shop/expected"),
    .target(
      name: "GoldenTypesSQL", dependencies: ["Katana", "KatanaSQL"], path: "Tests/KatanaCodegenTests/Every/expected"),
    // The Swift of golden contracts, served by KatanaTests.
    .target(name: "GoldenBodies", dependencies: ["Katana"], path: "Tests/KatanaCodegenTests/Golden/bodies/expected"),
    .target(name: "GoldenJobs", dependencies: ["Katana"], path: "Tests/KatanaCodegenTests/Golden/operations/expected"),
    .testTarget(
      name: "GoldenBodiesTests", dependencies: ["Katana", "KatanaTesting", "GoldenBodies"],
      path: "Tests/KatanaCodegenTests/Golden/bodies", exclude: ["expected", "expected.txt", "openapi.yaml"],
      sources: ["tests", "service"]),
    .target(name: "GoldenViews", dependencies: ["Katana"], path: "Tests/KatanaCodegenTests/Golden/views/expected"),
    .testTarget(
      name: "GoldenViewsTests", dependencies: ["Katana", "KatanaTesting", "GoldenViews"],
      path: "Tests/KatanaCodegenTests/Golden/views", exclude: ["expected", "expected.txt", "openapi.yaml"],
      sources: ["tests", "service"]),
    .testTarget(name: "ProductsTests", dependencies: ["KatanaTesting", "Products"]),
    .testTarget(name: "PetStoreTests", dependencies: ["Katana", "KatanaTesting", "PetStore"]),
    .testTarget(name: "KatanaTestingTests", dependencies: ["Katana", "KatanaTesting", "GoldenJobs", "TestSupport"]),
    .testTarget(
      name: "KatanaSQLiteTests",
      dependencies: [
        "CPQ", "Katana", "KatanaCLI", "KatanaContract", "KatanaPostgres", "KatanaQueries", "KatanaSQL", "KatanaSQLite",
        "KatanaSQLiteDialect", "KatanaTesting", "TestSupport", "sqlite_writer",
      ],
      exclude: ["Differential/queries.sql"]),
    // What KatanaSQLiteTests kills.
    .executableTarget(
      name: "sqlite_writer", dependencies: ["Katana", "KatanaSQL", "KatanaSQLite", "KatanaTesting"],
      path: "Tests/SQLiteWriter"),
    .testTarget(name: "KatanaContractTests", dependencies: ["KatanaContract"], exclude: ["Golden"]),
    .testTarget(name: "KatanaSQLTests", dependencies: ["Katana", "KatanaSQL", "TestSupport"]),
    .testTarget(
      name: "KatanaQueriesTests",
      dependencies: ["KatanaContract", "KatanaQueries", "TestSupport"],
      exclude: ["Golden", "Tricks"]),
    .testTarget(
      name: "RepositoryTests",
      dependencies: [
        "GoldenSQL", "GoldenTypesSQL", "Katana", "KatanaPostgres", "KatanaSQL", "KatanaSQLite", "KatanaTesting",
        "TestSupport",
      ]),
    // What tests talk to servers with.
    .target(
      name: "TestSupport",
      dependencies: ["Katana", "KatanaPostgres", "KatanaQueries", .product(name: "Logging", package: "swift-log")],
      path: "Tests/Support"),
    .testTarget(
      name: "KatanaPostgresTests",
      dependencies: [
        "TestSupport", "Katana", "KatanaPostgres", "KatanaQueries", "KatanaSQL",
        .product(name: "Logging", package: "swift-log"),
      ]
    ),
    .testTarget(
      name: "KatanaTests",
      dependencies: [
        "Katana", "GoldenBodies", "GoldenJobs", "TestSupport", "GoldenViews",
        .product(name: "Logging", package: "swift-log"),
        .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
      ],
      exclude: ["Schema/Cases", "Schema/differential.py"]
    ),
  ],
  swiftLanguageModes: [.v6],
  cLanguageStandard: .gnu17
)
