// Reads the metadata of an issuer and verifies a token by go-oidc: go run go_oidc.go ISSUER AUDIENCE TOKEN
package main

import (
	"context"
	"fmt"
	"os"

	oidc "github.com/coreos/go-oidc"
)

func main() {
	ctx := context.Background()
	provider, err := oidc.NewProvider(ctx, os.Args[1])
	if err != nil {
		fmt.Println("metadata:", err)
		os.Exit(1)
	}
	var all struct {
		Token string `json:"token_endpoint"`
	}
	if err := provider.Claims(&all); err != nil {
		fmt.Println("claims:", err)
		os.Exit(1)
	}
	verifier := provider.Verifier(&oidc.Config{ClientID: os.Args[2], SupportedSigningAlgs: []string{"ES256"}})
	token, err := verifier.Verify(ctx, os.Args[3])
	if err != nil {
		fmt.Println("token:", err)
		os.Exit(1)
	}
	fmt.Println("read", all.Token, token.Subject)
}
